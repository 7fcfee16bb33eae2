"""What does a download page read?"""
