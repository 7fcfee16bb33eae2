"""Which commands does a build root of the lab have?"""
