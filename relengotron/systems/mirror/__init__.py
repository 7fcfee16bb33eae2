"""What do the users' mirrors copy, and what do users see there?"""
