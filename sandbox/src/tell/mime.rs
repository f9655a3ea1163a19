//! The subject of a mail and its plain text, out of what our mailer writes: encoded words, parts, base64 and
//! quoted-printable.

use yitong_channels::crypto::from_base64;

pub struct Mail {
    pub subject: String,
    pub text: String,
}

pub fn read(bytes: &[u8]) -> Option<Mail> {
    let text = std::str::from_utf8(bytes).ok()?.replace("\r\n", "\n");
    let (headers, body) = text.split_once("\n\n")?;
    let headers = unfolded(headers);
    let subject = words(header(&headers, "subject").unwrap_or_default());
    let kind = header(&headers, "content-type").unwrap_or_default();
    let text = match boundary(kind) {
        Some(boundary) => plain_part(body, &boundary)?,
        None => decoded(&headers, body)?,
    };
    Some(Mail { subject, text: text.trim().to_owned() })
}

fn plain_part(body: &str, boundary: &str) -> Option<String> {
    let boundary = format!("--{boundary}");
    let parts = body.split(&boundary).skip(1);
    parts.filter_map(|part| part.trim_start_matches('\n').split_once("\n\n")).find_map(|(headers, body)| {
        let headers = unfolded(headers);
        let kind = header(&headers, "content-type").unwrap_or_default();
        kind.starts_with("text/plain").then(|| decoded(&headers, body)).flatten()
    })
}

fn decoded(headers: &str, body: &str) -> Option<String> {
    let bytes = match header(headers, "content-transfer-encoding").unwrap_or_default().to_ascii_lowercase().as_str() {
        "base64" => from_base64(body)?,
        "quoted-printable" => quoted(body.replace("=\n", "").bytes())?,
        _ => return Some(body.to_owned()),
    };
    String::from_utf8(bytes).ok()
}

/// A header that goes on in the next line begins that one with a space.
fn unfolded(headers: &str) -> String {
    headers.replace("\n ", " ").replace("\n\t", " ")
}

fn header<'a>(headers: &'a str, name: &str) -> Option<&'a str> {
    let lines = headers.lines().filter_map(|line| line.split_once(':'));
    lines
        .map(|(known, value)| (known, value.trim()))
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
        .map(|(_, v)| v)
}

fn boundary(kind: &str) -> Option<String> {
    let kind = kind.strip_prefix("multipart/")?;
    let value = kind.split(';').find_map(|part| part.trim().strip_prefix("boundary="))?;
    Some(value.trim_matches('"').to_owned())
}

/// `=?utf-8?b?…?=`, one after the other; what is between two of them does not count.
fn words(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("=?") {
        if out.is_empty() || !before.trim().is_empty() {
            out.push_str(before);
        }
        let mut parts = after.splitn(3, '?');
        let (_, kind, more) = (parts.next(), parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let Some((inside, after)) = more.split_once("?=") else { return text.to_owned() };
        let bytes = match kind {
            "b" | "B" => from_base64(inside),
            _ => quoted(inside.replace('_', " ").bytes()),
        };
        out.push_str(&String::from_utf8_lossy(&bytes.unwrap_or_default()));
        rest = after;
    }
    out + rest
}

fn quoted(mut bytes: impl Iterator<Item = u8>) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    while let Some(byte) = bytes.next() {
        if byte == b'=' {
            let mut one = [0];
            hex::decode_to_slice([bytes.next()?, bytes.next()?], &mut one).ok()?;
            out.push(one[0]);
        } else {
            out.push(byte);
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(mail: &str, subject: &str, text: &str) {
        let read = read(mail.replace('\n', "\r\n").as_bytes()).unwrap();
        assert_eq!((read.subject.as_str(), read.text.as_str()), (subject, text));
    }

    #[test]
    fn mails_are_read() {
        check("Subject: Lunch\n\nHello\n", "Lunch", "Hello");
        check(
            "Subject: =?utf-8?b?55m75b2V?=\n =?utf-8?b?56CB?=\nContent-Transfer-Encoding: base64\n\nNDgy\nOTEz\n",
            "登录码",
            "482913",
        );
        let parts = "Subject: a\nContent-Type: multipart/alternative;\n boundary=\"=x\"\n\n--=x\nContent-Type: text/html\n\n<p>\n\
                     --=x\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n=E9=A5=\n=AD 1\n--=x--\n";
        check(parts, "a", "饭 1");
        assert!(read(b"no headers").is_none());
    }
}
