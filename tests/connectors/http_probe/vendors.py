"""Owns what identity-aware proxies answer a stranger, header by header, in the shape their own pages describe.

Values that belong to one customer are made up. Order and spelling of names are the vendors'.
"""

from __future__ import annotations

from tests.connectors.http_probe.lab import Said

Headers = list[tuple[str, str]]
HOST = "admin.example.com"


def cloudflare(headers: dict[str, str]) -> Said:
    """Cloudflare Access: pages are redirected to the team's domain, forged or not; programs too."""
    sent: Headers = [
        ("Server", "cloudflare"),
        (
            "Location",
            f"https://acme.cloudflareaccess.com/cdn-cgi/access/login/{HOST}?kid=7376aa&redirect_url=%2F&meta=eyJ",
        ),
        ("Set-Cookie", "CF_AppSession=n1234567890; Expires=Tue, 24 Nov 2026 10:00:00 GMT; Path=/; Secure; HttpOnly"),
        ("Cache-Control", "private, max-age=0, no-store, no-cache, must-revalidate"),
        ("CF-RAY", "8a1b2c3d4e5f6789-FRA"),
    ]
    return 302, sent, b""


def cloudflare_service_auth(headers: dict[str, str]) -> Said:
    """Cloudflare Access with a service policy: a 403 that names the application."""
    sent: Headers = [
        ("Server", "cloudflare"),
        ("CF-Access-Aud", "7376aa"),
        ("CF-Access-Domain", HOST),
        ("WWW-Authenticate", f'Cloudflare-Access resource_metadata="https://{HOST}/.well-known/x"'),
        ("Content-Type", "text/html"),
    ]
    return 403, sent, b"<title>Forbidden</title>"


def google(headers: dict[str, str]) -> Said:
    """Google Identity-Aware Proxy: browsers are sent to sign in, programs get 401; both say who generated it."""
    generated = ("X-Goog-IAP-Generated-Response", "true")
    if headers["accept"] == "application/json":
        return 401, [generated, ("Content-Type", "text/html; charset=UTF-8")], b"Invalid IAP credentials: empty token"
    sent: Headers = [
        ("Location", "https://accounts.google.com/o/oauth2/v2/auth?client_id=1-a.apps.googleusercontent.com&state=z"),
        ("Set-Cookie", "GCP_IAP_XSRF_NONCE_aBc=1; expires=Mon, 23 Nov 2026 10:10:00 GMT; path=/; Secure; HttpOnly"),
        generated,
    ]
    return 302, sent, b""


def oauth2_proxy(headers: dict[str, str]) -> Said:
    """oauth2-proxy that skips its own page: pages are redirected with a cookie against forgery, programs get a 401."""
    if headers["accept"] == "application/json":
        return 401, [("Content-Type", "application/json")], b"{}"
    sent: Headers = [
        ("Location", "https://idp.example.net/oauth2/authorize?client_id=a&redirect_uri=x&state=nonce%3A%2F"),
        ("Set-Cookie", "_oauth2_proxy_csrf=MTIz; Path=/; Expires=Mon, 23 Nov 2026 10:15:00 GMT; HttpOnly; Secure"),
    ]
    return 302, sent, b""


def oauth2_proxy_page(headers: dict[str, str]) -> Said:
    """oauth2-proxy with its own page: a 403 whose button leads to /oauth2/start."""
    if headers["accept"] == "application/json":
        return 401, [("Content-Type", "application/json")], b"{}"
    return 403, [("Content-Type", "text/html")], b'<title>Sign In</title><form method="GET" action="/oauth2/start">'


def pomerium(headers: dict[str, str]) -> Said:
    """Pomerium: redirected to its authenticate service by Envoy."""
    sent: Headers = [
        ("Location", "https://authenticate.example.net/.pomerium/sign_in?pomerium_expiry=1&pomerium_signature=s"),
        ("x-pomerium-intercepted-response", "true"),
        ("Server", "envoy"),
    ]
    return 302, sent, b""


def aws_load_balancer(headers: dict[str, str]) -> Said:
    """An AWS load balancer that authenticates: redirected to the provider, and back to /oauth2/idpresponse."""
    back = f"https%3A%2F%2F{HOST}%2Foauth2%2Fidpresponse"
    sent: Headers = [
        ("Server", "awselb/2.0"),
        ("Location", f"https://idp.example.net/authorize?client_id=a&redirect_uri={back}&response_type=code&state=s"),
        ("Set-Cookie", "AWSALBAuthNonce=n; Expires=Mon, 30 Nov 2026 10:00:00 GMT; Path=/; Secure; HttpOnly"),
    ]
    return 302, sent, b""


def entra(headers: dict[str, str]) -> Said:
    """Microsoft Entra application proxy: redirected to the sign-in of the tenant."""
    sent: Headers = [
        ("Location", "https://login.microsoftonline.com/0f0f/oauth2/authorize?response_type=code&client_id=a&nonce=n"),
        ("Set-Cookie", "AzureAppProxyPreauthSession_1=x; path=/; secure; HttpOnly"),
    ]
    return 302, sent, b""


VENDORS = {
    "Cloudflare Access": cloudflare,
    "Cloudflare Access, service policy": cloudflare_service_auth,
    "Google Identity-Aware Proxy": google,
    "oauth2-proxy": oauth2_proxy,
    "oauth2-proxy, its own page": oauth2_proxy_page,
    "Pomerium": pomerium,
    "AWS load balancer": aws_load_balancer,
    "Microsoft Entra application proxy": entra,
}

# Answers that look like one of the above and are not.
LOOKALIKES: dict[str, Said] = {
    "a team's name in another domain": (
        302,
        [("Location", "https://acme.cloudflareaccess.com.evil.test/cdn-cgi/access/login/x")],
        b"",
    ),
    "the vendor's bare domain": (302, [("Location", "https://cloudflareaccess.com/cdn-cgi/access/login/x")], b""),
    "the vendor's domain, another path": (302, [("Location", "https://acme.cloudflareaccess.com/")], b""),
    "a team without encryption": (302, [("Location", "http://acme.cloudflareaccess.com/cdn-cgi/access/login/x")], b""),
    "a block page of the same network": (
        403,
        [("Server", "cloudflare"), ("CF-RAY", "8a-FRA")],
        b"<title>Attention</title>",
    ),
    "an app's own Google sign-in": (
        302,
        [("Location", "https://accounts.google.com/o/oauth2/v2/auth?client_id=a")],
        b"",
    ),
    "a header that says no": (302, [("Location", "https://x.test/"), ("X-Goog-IAP-Generated-Response", "false")], b""),
    "Envoy alone": (403, [("Server", "envoy")], b"RBAC: access denied"),
    "a host called authenticate": (302, [("Location", "https://authenticate.example.net/login")], b""),
    "a load balancer alone": (403, [("Server", "awselb/2.0")], b"<title>403 Forbidden</title>"),
    "another way back": (
        302,
        [("Location", "https://idp.example.net/authorize?redirect_uri=https%3A%2F%2Fx.test%2Fcallback")],
        b"",
    ),
    "a name below the vendor's": (302, [("Location", "https://login.microsoftonline.com.evil.test/a/b")], b""),
    "a web server's 403": (403, [("Server", "nginx")], b"<title>403 Forbidden</title>"),
}
