"""What clients and the engine host share: the files they meet at, locks, and the protocol they speak."""
