"""Making new works: what a generator is asked, how one is trained, and how works are kept."""
