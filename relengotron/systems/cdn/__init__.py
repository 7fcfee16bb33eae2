"""What stands between the mirror and its readers, and remembers?"""
