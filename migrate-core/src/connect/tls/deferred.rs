//! TLS over a connection on which the last words of the other side can still be read.
//!
//! A server that refuses our certificate says why and hangs up, often while we are still writing. The
//! error of that write would hide what it said; so it is kept back, and the next read tells.

use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres_rustls::MakeRustlsConnect;

/// What makes a TLS session out of a connection.
#[derive(Clone)]
pub(crate) struct Connector(pub(super) MakeRustlsConnect);

type Made<S> = <MakeRustlsConnect as MakeTlsConnect<Deferred<S>>>::TlsConnect;

impl<S> MakeTlsConnect<S> for Connector
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    type Stream = <MakeRustlsConnect as MakeTlsConnect<Deferred<S>>>::Stream;
    type TlsConnect = Handshake<S>;
    type Error = <MakeRustlsConnect as MakeTlsConnect<Deferred<S>>>::Error;

    fn make_tls_connect(&mut self, domain: &str) -> Result<Self::TlsConnect, Self::Error> {
        MakeTlsConnect::<Deferred<S>>::make_tls_connect(&mut self.0, domain).map(Handshake)
    }
}

/// One session that is to be.
pub(crate) struct Handshake<S>(Made<S>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static;

impl<S> TlsConnect<S> for Handshake<S>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    type Stream = <Made<S> as TlsConnect<Deferred<S>>>::Stream;
    type Error = <Made<S> as TlsConnect<Deferred<S>>>::Error;
    type Future = <Made<S> as TlsConnect<Deferred<S>>>::Future;

    fn connect(self, stream: S) -> Self::Future {
        self.0.connect(Deferred { stream, is_broken: false })
    }
}

/// A connection.
pub(crate) struct Deferred<S> {
    stream: S,
    /// The other side hears nothing any more.
    is_broken: bool,
}

impl<S: AsyncWrite + Unpin> Deferred<S> {
    /// What comes of a write; `lost` where nobody is there to get it.
    fn written<T>(&mut self, outcome: Poll<io::Result<T>>, lost: T) -> Poll<io::Result<T>> {
        use ErrorKind::*;
        match outcome {
            Poll::Ready(Err(error))
                if matches!(error.kind(), BrokenPipe | ConnectionReset | ConnectionAborted) =>
            {
                self.is_broken = true;
                Poll::Ready(Ok(lost))
            }
            outcome => outcome,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Deferred<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Deferred<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.is_broken {
            return Poll::Ready(Ok(bytes.len()));
        }
        let outcome = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.written(outcome, bytes.len())
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.is_broken {
            return Poll::Ready(Ok(()));
        }
        let outcome = Pin::new(&mut self.stream).poll_flush(context);
        self.written(outcome, ())
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.is_broken {
            return Poll::Ready(Ok(()));
        }
        let outcome = Pin::new(&mut self.stream).poll_shutdown(context);
        self.written(outcome, ())
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    /// Whose other side has said `why` and hung up; writes fail with this.
    struct HungUp(ErrorKind);

    impl AsyncRead for HungUp {
        fn poll_read(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            into: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            into.put_slice(b"why");
            Poll::Ready(Ok(()))
        }
    }

    impl AsyncWrite for HungUp {
        fn poll_write(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            _: &[u8],
        ) -> Poll<io::Result<usize>> {
            Poll::Ready(Err(self.0.into()))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Err(self.0.into()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Err(self.0.into()))
        }
    }

    #[test]
    fn what_the_other_side_said_last_can_be_read() {
        let context = &mut Context::from_waker(Waker::noop());
        for kind in [ErrorKind::BrokenPipe, ErrorKind::ConnectionReset, ErrorKind::TimedOut] {
            let mut stream = Deferred { stream: HungUp(kind), is_broken: false };
            let is_kept_back = kind != ErrorKind::TimedOut;
            for _ in 0..2 {
                let written = Pin::new(&mut stream).poll_write(context, b"hello");
                assert_eq!(matches!(written, Poll::Ready(Ok(5))), is_kept_back, "{kind}");
                let flushed = Pin::new(&mut stream).poll_flush(context);
                assert_eq!(matches!(flushed, Poll::Ready(Ok(()))), is_kept_back, "{kind}");
            }
            let mut bytes = [0; 8];
            let mut into = ReadBuf::new(&mut bytes);
            assert!(Pin::new(&mut stream).poll_read(context, &mut into).is_ready());
            assert_eq!(into.filled(), b"why");
        }
    }
}
