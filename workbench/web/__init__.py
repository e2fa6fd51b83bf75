"""The workbench in a browser: what ``workbench/api`` tells, over HTTP, and the pages that show it."""
