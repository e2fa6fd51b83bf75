"""Known faults, injected on purpose: does the attribution find them, and does it keep still where there is none?"""
