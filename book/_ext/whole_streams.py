"""Show what a cell prints as it was printed, in however many pieces the kernel sent it.

MyST-NB ends a line after each piece, and a busy machine sends one line in two. The kernel's own
line ends are the only ones here, so that every build of the book shows the same.
"""

from myst_nb.core import render


def merge_streams(outputs):
    """Join the pieces of each stream; they stand where its first piece stood."""
    merged, streams = [], {}
    for output in outputs:
        name = output.get("name") if output["output_type"] == "stream" else None
        if name in streams:
            streams[name]["text"] += output["text"]
            continue
        merged.append(output)
        if name:
            streams[name] = output
    return merged


def setup(app):
    render.coalesce_streams = merge_streams
    return {"parallel_read_safe": True, "parallel_write_safe": True}
