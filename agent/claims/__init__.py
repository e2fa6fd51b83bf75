"""Is what an answer in free text says supported by evidence that was in force on the day?"""
