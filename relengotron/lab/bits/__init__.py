"""Where do the real packages of the lab come from?"""
