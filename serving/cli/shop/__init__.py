"""The demo's small shop: pages with the widget in them, and a server that signs visits and reports a late parcel."""
