"""The contact sheet of a generated set: its works beside what they were made of, and judged."""
