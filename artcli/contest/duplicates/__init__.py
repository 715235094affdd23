"""Pictures of a contest that show the same painting, or a part of it: pairs, and groups of them."""
