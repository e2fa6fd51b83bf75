"""Runs, blobs and seals in one zip file that can be checked without anything else."""
