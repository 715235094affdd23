"""The plugin host: what a plugin may offer, how it is found, checked, trusted and called."""
