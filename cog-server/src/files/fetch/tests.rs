//! Fetching from servers that behave, and from servers that do not.

use std::net::SocketAddr;

use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use super::*;

fn config() -> FetchConfig {
    FetchConfig {
        allows_private_addresses: true,
        max_bytes: 1000,
        max_redirects: 3,
        ..FetchConfig::default()
    }
}

/// A server that answers each request with what `answer` makes of its head.
async fn server<F>(mut answer: impl FnMut(String) -> F + Send + 'static) -> SocketAddr
where
    F: Future<Output = Vec<u8>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let head = read_head(&mut stream).await;
            let answer = answer(head);
            tokio::spawn(async move {
                let _ = stream.write_all(&answer.await).await;
                let _ = stream.shutdown().await;
            });
        }
    });
    address
}

async fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && stream.read_buf(&mut head).await.is_ok_and(|count| count > 0) {}
    String::from_utf8(head).unwrap()
}

fn reply(status: &str, headers: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\nconnection: close\r\n{headers}\r\n{body}").into_bytes()
}

async fn fetch(config: FetchConfig, url: &str) -> (Result<String, String>, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let fetched = HttpFetch::new(config).fetch(FetchRequest::new(url, directory.path())).await;
    if fetched.is_err() {
        assert_eq!(std::fs::read_dir(&directory).unwrap().count(), 0, "a failed fetch leaves nothing behind");
    }
    let fetched = fetched.map_err(|error| error.to_string()).map(|path| {
        assert_eq!(path.parent(), Some(directory.path()));
        std::fs::read_to_string(path).unwrap()
    });
    (fetched, directory)
}

#[tokio::test]
async fn a_file_is_fetched_and_named_and_its_own() {
    use std::os::unix::fs::PermissionsExt;

    let (sender, receiver) = oneshot::channel();
    let mut sender = Some(sender);
    let address = server(move |head| {
        if let Some(sender) = sender.take() {
            sender.send(head).unwrap();
        }
        std::future::ready(reply("200 OK", "content-length: 2\r\n", "hi"))
    })
    .await;
    let (fetched, directory) = fetch(config(), &format!("http://{address}/a%20b.txt?x=1")).await;
    assert_eq!(fetched.as_deref(), Ok("hi"));
    let mode = std::fs::metadata(directory.path().join("a b.txt")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let head = receiver.await.unwrap();
    assert!(head.starts_with("GET /a%20b.txt?x=1 HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("user-agent: cog-server/"), "{head}");
}

#[tokio::test]
async fn refusals_are_told_in_cogs_words_and_without_secrets() {
    let address = server(|head| {
        let status = if head.contains("/missing") { "404 Not Found" } else { "500 Internal Server Error" };
        std::future::ready(reply(status, "content-length: 0\r\n", ""))
    })
    .await;
    let (fetched, _) = fetch(config(), &format!("http://user:secret@{address}/missing?token=secret")).await;
    assert_eq!(fetched, Err(format!("404 Client Error: Not Found for url: http://{address}/missing")));
    let (fetched, _) = fetch(config(), &format!("http://{address}/broken")).await;
    assert_eq!(
        fetched,
        Err(format!("500 Server Error: Internal Server Error for url: http://{address}/broken"))
    );
}

#[tokio::test]
async fn redirects_are_followed_within_reason() {
    let address = server(|head| {
        let location = match head.split(' ').nth(1).unwrap() {
            "/once" => "/file",
            "/loop" => "/loop",
            "/local" => "file:///etc/passwd",
            _ => return std::future::ready(reply("200 OK", "", "there")),
        };
        std::future::ready(reply("302 Found", &format!("location: {location}\r\ncontent-length: 0\r\n"), ""))
    })
    .await;
    assert_eq!(fetch(config(), &format!("http://{address}/once")).await.0.as_deref(), Ok("there"));
    let (fetched, _) = fetch(config(), &format!("http://{address}/loop")).await;
    assert_eq!(fetched, Err(format!("http://{address}/loop was redirected more than 3 times")));
    assert!(fetch(config(), &format!("http://{address}/local")).await.0.is_err());
}

#[tokio::test]
async fn the_next_server_does_not_learn_the_url_that_led_there() {
    let address = server(|head| {
        std::future::ready(match head.split(' ').nth(1) {
            Some("/from?token=secret") => reply("302 Found", "location: /to\r\ncontent-length: 0\r\n", ""),
            _ => reply("200 OK", "", &head),
        })
    })
    .await;
    let (fetched, _) = fetch(config(), &format!("http://{address}/from?token=secret")).await;
    let head = fetched.unwrap();
    assert!(head.starts_with("GET /to HTTP/1.1\r\n") && !head.contains("secret"), "{head}");
}

#[tokio::test]
async fn a_redirect_to_nowhere_is_an_error() {
    let address = server(|_| std::future::ready(reply("302 Found", "content-length: 0\r\n", ""))).await;
    let (fetched, _) = fetch(config(), &format!("http://{address}/f")).await;
    assert_eq!(fetched, Err(format!("302 Found for url: http://{address}/f")));
}

/// The first hop goes through a proxy, which may be private: so a server of this machine can send the client elsewhere.
#[tokio::test]
async fn redirects_to_private_addresses_are_refused_by_number_and_by_name() {
    for host in ["127.0.0.1", "169.254.169.254", "[::1]", "[::ffff:10.0.0.1]", "localhost"] {
        let address = server(move |head| {
            assert!(head.starts_with("GET http://example.invalid/ "), "nobody else may be asked: {head}");
            let headers = format!("location: http://{host}:1/secret\r\ncontent-length: 0\r\n");
            std::future::ready(reply("302 Found", &headers, ""))
        })
        .await;
        let proxies = Proxies {
            http: Some(format!("http://{address}")),
            no_proxy: Some("localhost".to_owned()),
            ..Proxies::default()
        };
        let guarded = FetchConfig { allows_private_addresses: false, proxies, ..config() };
        let (fetched, _) = fetch(guarded, "http://example.invalid/").await;
        let fault = fetched.unwrap_err();
        assert!(fault.starts_with("refused to fetch from `"), "{host}: {fault}");
    }
}

#[tokio::test]
async fn private_addresses_are_refused_by_number_and_by_name() {
    let guarded = || FetchConfig { allows_private_addresses: false, ..config() };
    let (fetched, _) = fetch(guarded(), "http://127.0.0.1:1/").await;
    assert_eq!(fetched, Err("refused to fetch from `127.0.0.1`: its address is not a public one".to_owned()));
    let (fetched, _) = fetch(guarded(), "http://localhost:1/").await;
    assert_eq!(fetched, Err("refused to fetch from `localhost`: its address is not a public one".to_owned()));
}

#[tokio::test]
async fn too_large_is_refused_whether_or_not_it_is_announced() {
    let address = server(|head| {
        let announced = if head.contains("/announced") { "content-length: 1001\r\n" } else { "" };
        std::future::ready(reply("200 OK", announced, &"x".repeat(1001)))
    })
    .await;
    for path in ["announced", "silent"] {
        let (fetched, _) = fetch(config(), &format!("http://{address}/{path}")).await;
        assert_eq!(fetched, Err(format!("http://{address}/{path} is larger than 1000 bytes")));
    }
}

#[tokio::test]
async fn a_transfer_that_breaks_off_is_an_error() {
    let address = server(|_| std::future::ready(reply("200 OK", "content-length: 100\r\n", "abc"))).await;
    let (fetched, _) = fetch(config(), &format!("http://{address}/f")).await;
    assert_eq!(fetched, Err(format!("the connection broke off after 3 of 100 bytes of http://{address}/f")));
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let (fetched, _) = fetch(config(), &format!("http://{closed}/f")).await;
    assert_eq!(fetched, Err(format!("could not connect to fetch http://{closed}/f")));
}

#[tokio::test]
async fn a_server_that_says_nothing_is_given_up() {
    let address = server(|_| std::future::pending()).await;
    let silent = FetchConfig { read_timeout: Duration::from_millis(20), ..config() };
    let (fetched, _) = fetch(silent, &format!("http://{address}/f")).await;
    assert_eq!(fetched, Err(format!("timed out fetching http://{address}/f")));
    let slow = FetchConfig { total_timeout: Duration::from_millis(20), ..config() };
    let (fetched, _) = fetch(slow, &format!("http://{address}/f")).await;
    assert_eq!(fetched, Err(format!("fetching http://{address}/f took longer than 20ms")));
}

#[tokio::test]
async fn a_transfer_that_stalls_is_given_up() {
    let (address, _stalled) = stalling().await;
    let impatient = FetchConfig { read_timeout: Duration::from_millis(50), ..config() };
    let (fetched, _) = fetch(impatient, &format!("http://{address}/f")).await;
    assert_eq!(fetched, Err(format!("timed out fetching http://{address}/f")));
}

#[tokio::test]
async fn a_fetch_that_is_given_up_leaves_nothing_behind() {
    let (address, _stalled) = stalling().await;
    let directory = tempfile::tempdir().unwrap();
    let fetcher = HttpFetch::new(config());
    let url = format!("http://{address}/f");
    let count = || std::fs::read_dir(&directory).unwrap().count();
    let begun = async {
        while count() == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        fetched = fetcher.fetch(FetchRequest::new(&url, directory.path())) => panic!("{fetched:?}"),
        () = begun => {}
    }
    assert_eq!(count(), 0);
}

/// A server that sends half a file, and then nothing for as long as the returned sender lives.
async fn stalling() -> (SocketAddr, oneshot::Sender<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, receiver) = oneshot::channel();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        read_head(&mut stream).await;
        stream.write_all(&reply("200 OK", "content-length: 8\r\n", "half")).await.unwrap();
        let _ = receiver.await;
    });
    (address, sender)
}

#[tokio::test]
async fn a_long_url_is_not_repeated_at_length() {
    let (fetched, _) = fetch(config(), &format!("http://127.0.0.1:1/{}", "x".repeat(100_000))).await;
    assert!(fetched.unwrap_err().len() < 400);
}

#[tokio::test]
async fn a_proxy_is_asked_in_place_of_the_host() {
    let address = server(|head| {
        assert!(head.starts_with("GET http://example.invalid/f HTTP/1.1\r\n"), "{head}");
        std::future::ready(reply("200 OK", "", "by proxy"))
    })
    .await;
    let proxies = Proxies { http: Some(format!("http://{address}")), ..Proxies::default() };
    let (fetched, _) = fetch(FetchConfig { proxies, ..config() }, "http://example.invalid/f").await;
    assert_eq!(fetched.as_deref(), Ok("by proxy"));
}
