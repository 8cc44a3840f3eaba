"""What is shipped: the compose file and the image."""
