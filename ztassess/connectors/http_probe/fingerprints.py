"""Owns how the answer of each identity-aware proxy to a stranger is told from anybody else's.

A redirect or a refusal proves nothing by itself: an application, a firewall or a crash gives one too. Sources: the
vendors' pages on unauthenticated requests (Cloudflare "Access: application token", Google "IAP: error messages and
headers", oauth2-proxy "Endpoints", Pomerium "Authentication service", AWS "Authenticate users using an Application Load
Balancer", Microsoft "Application proxy"); none of them promises its wire format, so each entry is as narrow as known.
"""

from __future__ import annotations

from typing import Final

from ztassess.connectors.http_probe.probe import title_hash
from ztassess.connectors.http_probe.snapshot import Location, Reply

CLOUDFLARE: Final = "Cloudflare Access"
GOOGLE: Final = "Google Identity-Aware Proxy"
OAUTH2_PROXY: Final = "oauth2-proxy"
POMERIUM: Final = "Pomerium"
AWS: Final = "AWS load balancer sign-in"
ENTRA: Final = "Microsoft Entra"
REDIRECTS: Final = (301, 302, 303, 307, 308)
REFUSALS: Final = (401, 403)
# Pages of oauth2-proxy itself ("Endpoints"); they show nothing of the application behind it.
OWN_PAGES: Final = {
    OAUTH2_PROXY: (
        *("/ping", "/ready", "/oauth2/sign_in", "/oauth2/sign_out", "/oauth2/start"),
        *("/oauth2/callback", "/oauth2/userinfo", "/oauth2/auth"),
    )
}
# By portal path: product, titles of its sign-in page, cookies it sets, where it redirects to.
PORTAL_PAGES: Final = {
    "/remote/login": ("FortiGate SSL VPN", ("Please Login",), ("SVPNCOOKIE", "SVPNNETWORKCOOKIE"), ()),
    "/dana-na/": (
        "Ivanti (Pulse) Connect Secure",
        ("Ivanti Connect Secure", "Pulse Connect Secure", "Pulse Secure", "Instant Virtual Extranet"),
        ("DSSIGNIN", "DSSignInURL", "DSBrowserID", "DSIVS"),
        ("/dana-na/",),
    ),
    "/+CSCOE+/logon.html": (
        "Cisco Secure Client (AnyConnect)",
        ("SSL VPN Service", "WebVPN Service", "SSL VPN Login"),
        ("webvpn", "webvpnlogin", "webvpnLang", "webvpnSharePoint"),
        ("/+CSCOE+/", "/+webvpn+/"),
    ),
    "/global-protect/login.esp": (
        "GlobalProtect",
        ("GlobalProtect Portal", "GlobalProtect Clientless VPN"),
        (),
        (),
    ),
}


def is_below(host: str, parent: str) -> bool:
    """True if a host is the parent or below it, on a dot boundary; never by substring."""
    return bool(host) and (host == parent or host.endswith(f".{parent}"))


def product_of(reply: Reply) -> str:
    """Which identity-aware proxy gave this answer; empty if none that we can tell."""
    if reply.status is None:
        return ""
    for name, recognizes in _PRODUCTS:
        if recognizes(reply):
            return name
    return ""


def _redirect(reply: Reply) -> Location | None:
    return reply.location if reply.status in REDIRECTS else None


def _cookie(reply: Reply, prefix: str) -> bool:
    return any(name.startswith(prefix) for name in reply.cookie_names)


def _is_cloudflare(reply: Reply) -> bool:
    to = _redirect(reply)
    if to is not None:
        return (
            to.scheme == "https"
            and to.host != "cloudflareaccess.com"
            and is_below(to.host, "cloudflareaccess.com")
            and to.path.startswith("/cdn-cgi/access/login")
        )
    named = reply.header("cf-access-aud") or reply.header("cf-access-domain")
    return reply.status in REFUSALS and bool(named or "cloudflare-access" in reply.challenges)


def _is_google(reply: Reply) -> bool:
    generated = (reply.header("x-goog-iap-generated-response") or "").lower() == "true"
    judged = reply.status in (*REDIRECTS, *REFUSALS)
    return judged and (generated or _cookie(reply, "GCP_IAP_XSRF_NONCE_"))


def _is_oauth2_proxy(reply: Reply) -> bool:
    if _redirect(reply) is not None:
        return _cookie(reply, "_oauth2_proxy_csrf")
    return reply.status in REFUSALS and ("oauth2_start" in reply.marks or _cookie(reply, "_oauth2_proxy_csrf"))


def _is_pomerium(reply: Reply) -> bool:
    if (reply.header("x-pomerium-intercepted-response") or "").lower() == "true":
        return reply.status in (*REDIRECTS, *REFUSALS)
    to = _redirect(reply)
    return (
        to is not None
        and to.scheme == "https"
        and to.host.startswith("authenticate.")
        and to.path.startswith("/.pomerium/sign_in")
    )


def _is_aws(reply: Reply) -> bool:
    to = _redirect(reply)
    if to is None or to.scheme != "https":
        return False
    return to.leads_back == "/oauth2/idpresponse" or _cookie(reply, "AWSALBAuthNonce")


def _is_entra(reply: Reply) -> bool:
    to = _redirect(reply)
    return to is not None and to.scheme == "https" and to.host == "login.microsoftonline.com" and "/" in to.path[1:]


_PRODUCTS: Final = (
    (CLOUDFLARE, _is_cloudflare),
    (GOOGLE, _is_google),
    (OAUTH2_PROXY, _is_oauth2_proxy),
    (POMERIUM, _is_pomerium),
    (AWS, _is_aws),
    (ENTRA, _is_entra),
)
_TITLES: Final = {path: {title_hash(title) for title in page[1]} for path, page in PORTAL_PAGES.items()}


def portal_of(reply: Reply) -> str:
    """Which VPN product's sign-in page this is; empty if none that we know."""
    page = PORTAL_PAGES.get(reply.name)
    if page is None or reply.status is None:
        return ""
    product, _, cookies, places = page
    to = _redirect(reply)
    if any(name in cookies for name in reply.cookie_names):
        return product
    if to is not None:
        return product if any(to.path.startswith(place) and len(to.path) > len(place) for place in places) else ""
    return product if reply.status == 200 and reply.title_sha256 in _TITLES[reply.name] else ""  # noqa: PLR2004  HTTP's OK
