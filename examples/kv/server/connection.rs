//! Commands on the connection, the server, and what is published.

use wireview_codecs::resp::{self, Version};

use super::commands::{Call, Outcome, SYNTAX, integer, table};

/// What `CONFIG GET` tells: nothing is ever written to disk.
const CONFIG: &[(&str, &str)] = &[("save", ""), ("appendonly", "no"), ("maxmemory", "0"), ("databases", "1")];

const NO_AUTH: &str = "ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?";

/// Clients ask for it to learn which features there are.
pub(super) const REDIS_VERSION: &str = "7.0.0";

pub(super) fn ping(call: &mut Call<'_>) -> Outcome {
    let text = call.request.arg(1);
    if call.request.len() > 2 {
        call.wrong_count("ping");
    } else if call.client.mailbox.listens() && call.client.version == Version::Resp2 {
        resp::array(call.out, 2);
        resp::bulk(call.out, b"pong");
        resp::bulk(call.out, text.unwrap_or_default());
    } else {
        match text {
            Some(text) => resp::bulk(call.out, text),
            None => call.out.copy(b"+PONG\r\n"),
        }
    }
    Ok(())
}

pub(super) fn echo(call: &mut Call<'_>) -> Outcome {
    let text = call.arg(1);
    // What was not copied on its way in is not copied on its way out.
    match call.frame {
        Some(frame) => resp::bulk(call.out, frame.keep(text)),
        None => resp::bulk(call.out, text),
    }
    Ok(())
}

pub(super) fn quit(call: &mut Call<'_>) -> Outcome {
    call.client.quits = true;
    call.ok()
}

pub(super) fn select(call: &mut Call<'_>) -> Outcome {
    match call.integer(1) {
        Ok(0) => call.ok(),
        Ok(_) => Err("ERR DB index is out of range"),
        Err(error) => Err(error),
    }
}

/// `HELLO [version [SETNAME name]]`
pub(super) fn hello(call: &mut Call<'_>) -> Outcome {
    let mut version = call.client.version;
    let mut name = None;
    let mut args = call.args(1);
    if let Some(wanted) = args.next() {
        version = match integer(wanted).map_err(|_| "ERR Protocol version is not an integer or out of range")? {
            2 => Version::Resp2,
            3 => Version::Resp3,
            _ => return Err("NOPROTO unsupported protocol version"),
        };
    }
    while let Some(option) = args.next() {
        if option.eq_ignore_ascii_case(b"auth") {
            return Err(NO_AUTH);
        }
        name = args.next().filter(|_| option.eq_ignore_ascii_case(b"setname"));
        if name.is_none() {
            return Err(SYNTAX);
        }
    }
    call.client.version = version;
    if let Some(name) = name {
        call.client.name = name.into();
    }
    resp::map(call.out, 7, version);
    for (key, text) in [("server", "redis"), ("version", REDIS_VERSION), ("mode", "standalone"), ("role", "master")] {
        resp::bulk(call.out, key.as_bytes());
        resp::bulk(call.out, text.as_bytes());
    }
    resp::bulk(call.out, b"proto");
    resp::integer(call.out, if version == Version::Resp3 { 3 } else { 2 });
    resp::bulk(call.out, b"id");
    resp::integer(call.out, call.client.id);
    resp::bulk(call.out, b"modules");
    resp::array(call.out, 0);
    Ok(())
}

pub(super) fn client(call: &mut Call<'_>) -> Outcome {
    let count = call.request.len();
    match &call.arg(1).to_ascii_lowercase()[..] {
        b"id" if count == 2 => return call.reply(call.client.id),
        b"getname" if count == 2 => resp::bulk(call.out, &call.client.name[..]),
        b"setname" if count == 3 => {
            call.client.name = call.arg(2).into();
            return call.ok();
        }
        // The library's name and version, which are of no interest here.
        b"setinfo" if count == 4 => return call.ok(),
        _ => return call.unknown_subcommand(),
    }
    Ok(())
}

pub(super) fn config(call: &mut Call<'_>) -> Outcome {
    if !call.arg(1).eq_ignore_ascii_case(b"get") || call.request.len() < 3 {
        return call.unknown_subcommand();
    }
    let asked = |name: &str| call.args(2).any(|asked| asked == b"*" || asked.eq_ignore_ascii_case(name.as_bytes()));
    let told: Vec<_> = CONFIG.iter().filter(|(name, _)| asked(name)).collect();
    resp::map(call.out, told.len(), call.client.version);
    for (name, text) in told {
        resp::bulk(call.out, name.as_bytes());
        resp::bulk(call.out, text.as_bytes());
    }
    Ok(())
}

/// `COMMAND`, `COMMAND COUNT`, `COMMAND DOCS`: names and arities, no documentation.
pub(super) fn commands(call: &mut Call<'_>) -> Outcome {
    let commands = table();
    match &call.arg(1).to_ascii_lowercase()[..] {
        b"count" => return call.reply(commands.len()),
        b"docs" => resp::map(call.out, 0, call.client.version),
        b"" => {
            resp::array(call.out, commands.len());
            for (name, arity) in commands {
                resp::array(call.out, 6);
                resp::bulk(call.out, name.as_bytes());
                resp::integer(call.out, arity);
                resp::array(call.out, 0);
                (0..3).for_each(|_| resp::integer(call.out, 0));
            }
        }
        _ => return call.unknown_subcommand(),
    }
    Ok(())
}

pub(super) fn info(call: &mut Call<'_>) -> Outcome {
    let state = call.state;
    let sections: [(&str, &dyn Fn() -> String); 5] = [
        ("server", &|| {
            let id = std::process::id();
            format!(
                "# Server\r\nredis_version:{REDIS_VERSION}\r\nredis_mode:standalone\r\nserver_name:wireview-kv\r\nprocess_id:{id}\r\n"
            )
        }),
        ("clients", &|| format!("# Clients\r\nconnected_clients:{}\r\n", state.connected.get())),
        ("stats", &|| state.replication.stats()),
        ("replication", &|| state.replication.info()),
        ("keyspace", &|| format!("# Keyspace\r\ndb0:keys={},expires=0,avg_ttl=0\r\n", state.store.borrow().len())),
    ];
    let all = call.request.len() == 1;
    let asked = |name: &str| {
        all || call.args(1).any(|asked| {
            [name, "all", "default", "everything"].iter().any(|name| asked.eq_ignore_ascii_case(name.as_bytes()))
        })
    };
    let told: Vec<_> = sections.iter().filter(|(name, _)| asked(name)).map(|(_, tell)| tell()).collect();
    resp::verbatim(call.out, b"txt", told.join("\r\n").into_bytes(), call.client.version);
    Ok(())
}

pub(super) fn publish(call: &mut Call<'_>) -> Outcome {
    let text = call.arg(2);
    let count = call.state.hub.borrow().publish(call.arg(1), || call.keep(text));
    // Those who listen at a replica hear it, too.
    call.changed();
    call.reply(count)
}

pub(super) fn subscribe(call: &mut Call<'_>) -> Outcome {
    for channel in call.args(1) {
        call.state.hub.borrow_mut().subscribe(&call.client.mailbox, channel);
        confirm(call, b"subscribe", Some(channel));
    }
    Ok(())
}

pub(super) fn unsubscribe(call: &mut Call<'_>) -> Outcome {
    if call.request.len() > 1 {
        for channel in call.args(1) {
            call.state.hub.borrow_mut().unsubscribe(&call.client.mailbox, channel);
            confirm(call, b"unsubscribe", Some(channel));
        }
        return Ok(());
    }
    let mut left = call.client.mailbox.channels();
    if left.is_empty() {
        confirm(call, b"unsubscribe", None);
    }
    while let Some(channel) = left.pop() {
        call.state.hub.borrow_mut().unsubscribe(&call.client.mailbox, &channel);
        confirm(call, b"unsubscribe", Some(&channel));
    }
    Ok(())
}

fn confirm(call: &mut Call<'_>, verb: &'static [u8], channel: Option<&[u8]>) {
    resp::push(call.out, 3, call.client.version);
    resp::bulk(call.out, verb);
    match channel {
        Some(channel) => resp::bulk(call.out, channel),
        None => resp::null(call.out, call.client.version),
    }
    resp::integer(call.out, call.client.mailbox.len() as i64);
}
