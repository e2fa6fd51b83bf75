"""What the workbench tells of experiments, one file a noun (a folder for a wide one): functions that return records."""
