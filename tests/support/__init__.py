"""What tests share: repositories, sessions, servers, engines, and waiting for things."""
