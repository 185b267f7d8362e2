"""Show launch buttons only where they lead: they need the repository's address in _config.yml."""


def only_with_address(app, config):
    options = config.html_theme_options
    address = options.get("repository_url", "")
    if not address:
        options.pop("launch_buttons", None)
    elif "github.com" not in address:  # Colab opens no notebooks from other hosts
        options["launch_buttons"].pop("colab_url", None)


def setup(app):
    app.connect("config-inited", only_with_address)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
