"""evitrail: why was this evidence-grounded answer wrong, and which step is to blame?"""
