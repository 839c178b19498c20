"""The demo company: ninety believable days of an invented one, made through the same services as a real one."""
