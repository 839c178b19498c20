"""Owns the refusals about notifications: each is one sentence for the person who asked."""


class NotificationError(Exception):
    """Base: a choice or an endpoint could not be changed; nothing was written."""


class EndpointChanged(NotificationError):
    """Somebody else saved the endpoint in the meantime."""


class EndpointGone(NotificationError):
    """The endpoint was removed."""


class TooMany(NotificationError):
    """A limit was reached: endpoints, live secrets, or test deliveries an hour."""


class NotDead(NotificationError):
    """Only a delivery that was given up is sent again."""


class FenceLost(Exception):
    """Another worker holds the delivery now, or it ended: this one stops and writes nothing."""
