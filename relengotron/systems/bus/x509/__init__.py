"""fedmsg's x509 signatures, byte for byte, on today's ``cryptography`` alone: signing and verifying."""
