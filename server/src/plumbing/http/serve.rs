//! The server on its socket: the slices' routes in one router, limits round it, and an end that lets work finish.

use crate::App;
use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::limit::RequestBodyLimitLayer;

use super::Problem;

/// The largest body of any route (a sheet for import); most routes read far less.
pub const BODY_BYTES_MAX: usize = 12 * 1024 * 1024;
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

/// What lies round every route: limits, headers, a caught panic.
pub fn wrap(router: Router) -> Router {
    router
        .layer(middleware::from_fn(headers))
        .layer(CatchPanicLayer::custom(|_| broken().into_response()))
        .layer(RequestBodyLimitLayer::new(BODY_BYTES_MAX))
        .layer(axum::extract::DefaultBodyLimit::disable())
}

fn broken() -> Problem {
    let (zh, en) = ("系统内部错误，已记录。", "Something is broken on our side; it is logged.");
    Problem::refused(StatusCode::INTERNAL_SERVER_ERROR, "broken", zh, en)
}

async fn headers(request: Request, next: Next) -> Response {
    let api = request.uri().path().starts_with("/api/");
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut set = |name, value| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::X_FRAME_OPTIONS, "DENY");
    set(header::REFERRER_POLICY, "same-origin");
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
    let service = wrap(router).into_make_service_with_connect_info::<SocketAddr>();
    let (ended, end) = tokio::sync::oneshot::channel::<()>();
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

/// Serves on the configured address until the process is told to stop.
pub async fn until_signal(app: App, router: Router) -> std::io::Result<()> {
    let listener = TcpListener::bind(app.config.listen).await?;
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
