"""Where do trees live, and which commit does each ref show?"""
