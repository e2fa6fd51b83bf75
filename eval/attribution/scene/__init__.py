"""The scene of one failure: the run as recorded, what is known of its evidence, who else could have searched."""
