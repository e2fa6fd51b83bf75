"""What each kind of step promises, and the best it could have done."""
