"""What do mirrors read to know which files have changed?"""
