"""How clients and the engine host find each other, and what travels between them."""
