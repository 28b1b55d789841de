"""The web app: one server and one static export over run directories; it only ever reads them."""
