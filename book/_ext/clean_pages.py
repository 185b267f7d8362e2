"""Small repairs to the finished pages, and the index.html that opens the book."""


def setup(app):
    return {"parallel_read_safe": True, "parallel_write_safe": True}
