//! The server on its socket: the slices' routes in one router, limits round it, and an end that lets work finish.

use crate::App;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::serve::ListenerExt as _;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::limit::RequestBodyLimitLayer;

use super::{Problem, limits, traffic};

/// How long open requests may take to end after the signal to stop.
pub const SHUTDOWN_GRACE: Duration = Duration::from_secs(10);

/// Tells long-lived answers (event streams) that the server is about to stop.
#[derive(Clone)]
pub struct Stopping(watch::Receiver<bool>);

impl Stopping {
    pub fn pair() -> (watch::Sender<bool>, Stopping) {
        let (tell, hear) = watch::channel(false);
        (tell, Stopping(hear))
    }

    /// Resolves when the server stops.
    pub async fn wait(mut self) {
        // An error means that the sender is gone, which is the end as well.
        let _ = self.0.wait_for(|stopping| *stopping).await;
    }
}

/// What lies round every route, outermost last: a caught panic, limits, headers, a name for each request.
pub fn wrap(app: &App, router: Router) -> Router {
    router
        .layer(CatchPanicLayer::custom(|_| broken().into_response()))
        // A body without a length is cut here; one that says its length is refused with words before.
        .layer(RequestBodyLimitLayer::new(app.config.limits.body_bytes()))
        .layer(axum::extract::DefaultBodyLimit::disable())
        .layer(middleware::from_fn_with_state(app.clone(), limits::limit))
        .layer(middleware::from_fn_with_state(app.clone(), headers))
        .layer(middleware::from_fn_with_state(app.clone(), traffic::observe))
}

fn broken() -> Problem {
    tracing::error!("a handler panicked");
    let (zh, en) = ("系统内部错误，已记录。", "Something is broken on our side; it is logged.");
    Problem::refused(StatusCode::INTERNAL_SERVER_ERROR, "broken", zh, en)
}

/// An answer of the API is no page: nothing in it may run or be framed.
const API_POLICY: &str = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
const YEAR_OF_HTTPS: &str = "max-age=31536000";

async fn headers(State(app): State<App>, request: Request, next: Next) -> Response {
    let api = request.uri().path().starts_with("/api/");
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::X_FRAME_OPTIONS, "DENY");
    set(header::REFERRER_POLICY, "same-origin");
    set(header::CONTENT_SECURITY_POLICY, API_POLICY);
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    // A counter may scan with a camera; nothing else of the device is needed.
    set(HeaderName::from_static("permissions-policy"), "camera=(self), microphone=(), geolocation=(), payment=()");
    if app.config.secure_cookies {
        set(header::STRICT_TRANSPORT_SECURITY, YEAR_OF_HTTPS);
    }
    if api {
        set(header::CACHE_CONTROL, "no-store");
    }
    response
}

/// Serves until `stop` resolves; then tells event streams to end and gives open requests `SHUTDOWN_GRACE`.
pub async fn serve(
    app: App,
    router: Router,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let tell = app.stop_sender();
    let service = wrap(&app, router).into_make_service_with_connect_info::<SocketAddr>();
    let (ended, end) = tokio::sync::oneshot::channel::<()>();
    // A short answer must not wait until the last one is acknowledged, which a client may put off for 40 ms.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    let serving = axum::serve(listener, service).with_graceful_shutdown(async move {
        stop.await;
        tell.send_replace(true);
        let _ = ended.send(());
    });
    let late = async {
        // Never started to stop: wait for ever; the other branch decides.
        if end.await.is_err() {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(SHUTDOWN_GRACE).await;
    };
    tokio::select! {
        served = serving.into_future() => served,
        () = late => {
            tracing::warn!("some requests did not end in time and were dropped");
            Ok(())
        }
    }
}

/// Serves on the configured address until the process is told to stop; `listening` is called once it can be reached.
pub async fn until_signal(app: App, router: Router, listening: impl FnOnce()) -> std::io::Result<()> {
    let listener = TcpListener::bind(app.config.listen).await?;
    listening();
    serve(app, router, listener, signal()).await
}

async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let terminate = async {
        match signal(SignalKind::terminate()) {
            Ok(mut told) => drop(told.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminate => {}
    }
}
