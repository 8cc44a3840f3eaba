"""SNS, SQS and S3 behind the ports for events, queues and files."""
