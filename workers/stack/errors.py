"""What can go wrong while the stack starts; each message says what to do."""


class StackError(Exception):
    """Base of everything that stops the stack with a message for people."""


class PortTaken(StackError):
    """A port that a service needs is in use."""


class BinaryMissing(StackError):
    """A service is neither given by URL nor found on PATH nor packaged."""


class DataFolderUnusable(StackError):
    """The data folder is foreign, damaged or in use by another stack."""


class ServiceFailed(StackError):
    """A child ended or did not become ready in time; carries the tail of its log."""


class NotReady(Exception):
    """The service does not answer as it should yet; the text says what is missing."""
