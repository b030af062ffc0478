"""Messages of echo.proto without generated code: `Text` has one string, its field 1."""

METHODS = ("Unary", "Unary", "Unary", "Unary", "Fail", "Collect", "Count", "Chat", "Late", "Hang")


def text(content):
    data = content.encode()
    assert len(data) < 128
    return b"\x0a" + bytes([len(data)]) + data


def path_of(method):
    return f"/matrix.Echo/{method}"
