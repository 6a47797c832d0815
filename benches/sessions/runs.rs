//! What is measured.

use std::hint::black_box;
use std::mem;
use std::time::Duration;

use bulla::sessions::Piece;
use bulla::{Label, Opener, Sealer};

use super::workload::{Engine, LABEL, Session, Workload, time};

pub(crate) fn seal_by_engine(workload: &Workload, count: u64) -> Duration {
    let Engine { sealer, frame, .. } = &mut *workload.engine.borrow_mut();
    time(count, |_| {
        sealer.seal_in_place(Piece::Last, frame).expect("not so many frames");
        black_box(&frame);
    })
}

pub(crate) fn open_by_engine(workload: &Workload, count: u64) -> Duration {
    let Engine { pair: (sealer, opener), frames, .. } = &mut *workload.engine.borrow_mut();
    frames.clear();
    for _ in 0..count {
        sealer.append_message(&workload.message, frames).expect("not so many frames");
    }
    let mut rest = &mut frames[..];
    time(count, |_| {
        black_box(opener.open_next(&mut rest).expect("a good frame"));
    })
}

pub(crate) fn seal_by_session(workload: &Workload, count: u64) -> Duration {
    let writer = &mut workload.session.borrow_mut().sink;
    time(count, |_| writer.send(black_box(&workload.message)).expect("the sink takes all"))
}

pub(crate) fn open_by_session(workload: &Workload, count: u64) -> Duration {
    let Session { writer, reader, .. } = &mut *workload.session.borrow_mut();
    writer.get_mut().clear();
    for _ in 0..count {
        writer.send(&workload.message).expect("a vector takes all");
    }
    mem::swap(reader.get_mut().get_mut(), writer.get_mut());
    reader.get_mut().set_position(0);
    let mut plaintext = workload.plaintext.borrow_mut();
    time(count, |_| {
        assert!(reader.receive(&mut plaintext).expect("a good frame"), "as many as were sent");
        black_box(&plaintext);
    })
}

pub(crate) fn seal_labelled(workload: &Workload, count: u64) -> Duration {
    time(count, |_| {
        black_box(workload.messages.seal(black_box(LABEL), &workload.message).expect("short enough"));
    })
}

pub(crate) fn open_labelled(workload: &Workload, count: u64) -> Duration {
    let plaintext = &mut workload.plaintext.borrow_mut();
    time(count, |_| {
        let message = workload.opened_messages.message(black_box(LABEL));
        message.open_into(&workload.labelled, plaintext).expect("a good message");
        black_box(&plaintext);
    })
}

pub(crate) fn seal_digested(workload: &Workload, count: u64) -> Duration {
    let label = Label::from(LABEL);
    time(count, |_| {
        black_box(workload.messages.seal(black_box(label), &workload.message).expect("short enough"));
    })
}

pub(crate) fn open_digested(workload: &Workload, count: u64) -> Duration {
    let (label, plaintext) = (Label::from(LABEL), &mut workload.plaintext.borrow_mut());
    time(count, |_| {
        let message = workload.opened_messages.message(black_box(label));
        message.open_into(&workload.labelled, plaintext).expect("a good message");
        black_box(&plaintext);
    })
}

pub(crate) fn seal_part(workload: &Workload, count: u64) -> Duration {
    time(count, |_| {
        let part = workload.parts.part(0).expect("a small number");
        black_box(part.seal(&workload.message).expect("short enough"));
    })
}

pub(crate) fn open_single(workload: &Workload, count: u64) -> Duration {
    let plaintext = &mut workload.plaintext.borrow_mut();
    time(count, |_| {
        workload.opened_single.open_into(&workload.single, plaintext).expect("a good body");
        black_box(&plaintext);
    })
}

pub(crate) fn seal_envelope(workload: &Workload, count: u64) -> Duration {
    let sealer = Sealer::new(workload.identity.recipient());
    time(count, |_| {
        black_box(sealer.seal(&workload.message).expect("a good recipient"));
    })
}

pub(crate) fn open_envelope(workload: &Workload, count: u64) -> Duration {
    let plaintext = &mut workload.plaintext.borrow_mut();
    let opener = Opener::new(&workload.identity);
    time(count, |_| {
        opener.open_into(&workload.envelope, plaintext).expect("a good envelope");
        black_box(&plaintext);
    })
}
