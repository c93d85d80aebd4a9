"""What can name a machine, as far as that is known before a resolver is asked."""


def is_host(text: str) -> bool:
    """Say whether a text can be a host's name, labels of 1 to 63 characters (RFC 1035, 2.3.4), or an address.

    The resolver's own codec decides: for what it refuses, a connection would raise no error of the network.
    """
    try:
        return text.isprintable() and " " not in text and bool(text.encode("idna"))
    except UnicodeError:
        return False
