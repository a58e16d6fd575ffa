//! The proxies of the environment, as the client wants them.

use reqwest::{NoProxy, Proxy};

use crate::env::Proxies;

pub(crate) fn of(proxies: &Proxies) -> anyhow::Result<Vec<Proxy>> {
    let except = proxies.no_proxy.as_deref().and_then(NoProxy::from_string);
    let mut all = Vec::new();
    if let Some(url) = &proxies.http {
        all.push(Proxy::http(url)?);
    }
    if let Some(url) = &proxies.https {
        all.push(Proxy::https(url)?);
    }
    if let Some(url) = &proxies.all {
        all.push(Proxy::all(url)?);
    }
    Ok(all.into_iter().map(|proxy| proxy.no_proxy(except.clone())).collect())
}
