"""Work that takes a while: asked for, queued, kept on disk, and shown as it goes on; forks are the first kind."""
