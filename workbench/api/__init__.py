"""What the workbench tells of experiments, one file a noun: functions that return records, without HTTP."""
