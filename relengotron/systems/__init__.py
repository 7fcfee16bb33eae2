"""The outside: what we ask of each system, how, and a stand-in for rehearsals."""
