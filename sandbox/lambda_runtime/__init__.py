"""Lambda without the cloud: AWS's own runtime client against a stand-in of its Runtime API."""
