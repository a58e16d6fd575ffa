//! Whom the server may talk to on behalf of a client: public addresses only, unless it is told otherwise.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use crate::env::Proxies;

/// An URL that leads where no client may send the server.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    #[error("refused to fetch from `{0}`: its address is not a public one")]
    Address(String),
    #[error("refused to follow a redirect to a `{0}:` URL")]
    Scheme(String),
}

/// Decides whom a fetch may connect to.
///
/// What an URL shows is [checked](Self::check) before it is asked for; a name is checked by what it leads to, when it is looked up to be
/// connected to. Through a proxy it is the proxy that looks names up, so there only the first check is done.
#[derive(Debug)]
pub(super) struct Guard {
    allows_private: bool,
    /// The hosts of proxies. The operator has chosen them and they are usually private, so they may be connected to; a client's URL
    /// may not name them.
    proxies: Vec<String>,
}

impl Guard {
    pub(super) fn new(allows_private: bool, proxies: &Proxies) -> Self {
        let urls = [&proxies.http, &proxies.https, &proxies.all].into_iter().flatten();
        let hosts = urls.filter_map(|url| {
            let parsed = Url::parse(url).ok().filter(Url::has_host);
            // Without a scheme it is an HTTP proxy.
            let parsed = parsed.or_else(|| Url::parse(&format!("http://{url}")).ok())?;
            parsed.host_str().map(str::to_owned)
        });
        Self { allows_private, proxies: hosts.collect() }
    }

    /// Checks what can be seen of an URL: its scheme, and its host if that is an address or a proxy's.
    pub(super) fn check(&self, url: &Url) -> Result<(), Refused> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Refused::Scheme(url.scheme().to_owned()));
        }
        let is_allowed = match url.host() {
            _ if self.allows_private => true,
            Some(Host::Ipv4(address)) => is_public(address.into()),
            Some(Host::Ipv6(address)) => is_public(address.into()),
            Some(Host::Domain(name)) => !self.proxies.iter().any(|proxy| proxy == name),
            None => false,
        };
        if is_allowed { Ok(()) } else { Err(Refused::Address(url.host_str().unwrap_or_default().to_owned())) }
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let host = name.as_str().to_owned();
        let allows_all = self.allows_private || self.proxies.contains(&host);
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((host.as_str(), 0)).await?.collect();
            let is_empty = found.is_empty();
            let allowed: Vec<_> =
                found.into_iter().filter(|address| allows_all || is_public(address.ip())).collect();
            if allowed.is_empty() && !is_empty {
                return Err(Refused::Address(host).into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// Tells whether an address is one of the public internet.
///
/// What is not is listed in the IANA registries of special-purpose addresses for IPv4 and IPv6.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_broadcast()
        || address.is_documentation()
        || a == 0
        || (a == 100 && (64..128).contains(&b)) // shared by carriers
        || (a == 192 && b == 0 && c == 0) // protocol assignments
        || (a == 192 && b == 88 && c == 99) // relays of 6to4
        || (a == 198 && (b == 18 || b == 19)) // benchmarks
        || a >= 240; // reserved
    !is_special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    // An IPv4 address in any of its disguises is judged as what it is.
    let [.., high, low] = segments;
    let [a, b] = high.to_be_bytes();
    let [c, d] = low.to_be_bytes();
    let embedded = Ipv4Addr::new(a, b, c, d);
    match segments {
        [0, 0, 0, 0, 0, 0xffff, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] => is_public_v4(embedded),
        [0x2002, high, low, ..] => {
            let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
            is_public_v4(Ipv4Addr::new(a, b, c, d)) // 6to4
        }
        [0x2001, 0..=0x1ff, ..] // protocol assignments, Teredo among them
        | [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => false, // documentation
        // Everything public so far is in here; nothing local is.
        [first, ..] => (0x2000..0x4000).contains(&first),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_public_internet_are_public() {
        let public = "1.1.1.1 8.8.8.8 172.15.0.1 172.32.0.1 100.63.0.1 100.128.0.1 192.0.1.1 223.255.255.255 \
            2606:4700::1111 2001:4860:4860::8888 ::ffff:8.8.8.8 64:ff9b::808:808 2002:808:808::1";
        for address in public.split_whitespace() {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
        let special = "0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.127.255.255 127.0.0.1 127.255.255.255 169.254.169.254 \
            172.16.0.1 172.31.255.255 192.0.0.1 192.0.2.1 192.88.99.1 192.168.0.1 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1 \
            224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255 :: ::1 ::7f00:1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:0:8.8.8.8 \
            64:ff9b::7f00:1 64:ff9b:1::1 100::1 2001::1 2001:db8::1 3fff::1 2002:7f00:1::1 2002:a00:1::1 fc00::1 fd00::1 \
            fe80::1 febf::1 fec0::1 ff02::1 4000::1 5f00::1";
        for address in special.split_whitespace() {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn addresses_are_seen_through_every_way_to_write_them() {
        let check = |url: &str, allows_private| {
            Guard::new(allows_private, &Proxies::default()).check(&Url::parse(url).unwrap())
        };
        for url in [
            "http://127.0.0.1/",
            "http://127.0.0.1./",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://0177.0.0.1/",
            "http://127.1/",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://169.254.169.254/latest/meta-data",
        ] {
            assert!(matches!(check(url, false), Err(Refused::Address(_))), "{url}");
            assert_eq!(check(url, true), Ok(()));
        }
        for url in ["file:///etc/passwd", "ftp://example.com/"] {
            assert!(matches!(check(url, true), Err(Refused::Scheme(_))), "{url}");
        }
    }

    #[test]
    fn a_client_cannot_name_a_proxy() {
        for proxy in ["http://proxy.internal:3128", "proxy.internal:3128", "Proxy.Internal"] {
            let proxies = Proxies { all: Some(proxy.to_owned()), ..Proxies::default() };
            let guard = Guard::new(false, &proxies);
            let url = Url::parse("http://PROXY.internal:9000/x").unwrap();
            assert_eq!(guard.check(&url), Err(Refused::Address("proxy.internal".to_owned())), "{proxy}");
            assert_eq!(guard.check(&Url::parse("http://example.com/x").unwrap()), Ok(()));
        }
    }
}
