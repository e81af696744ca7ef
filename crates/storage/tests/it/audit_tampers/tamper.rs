//! One change past the application, and what has to be found of it.

use domain::audit::Fault;
use testkit::Backend;
use uuid::Uuid;

use super::dice::Dice;
use super::{LOG, Row, Scene};
use crate::raw;

/// Statements and their trace.
#[derive(Debug)]
pub(super) struct Tamper {
    pub(super) statements: Vec<String>,
    /// All of these have to be found.
    must: Vec<Fault>,
    /// These may be found, too: rows that lost their entry are missed once later ones are long sealed.
    may: Vec<Fault>,
}

impl Tamper {
    fn new(statements: impl IntoIterator<Item = String>, must: impl IntoIterator<Item = Fault>) -> Self {
        Self {
            statements: statements.into_iter().collect(),
            must: must.into_iter().collect(),
            may: Vec::new(),
        }
    }

    fn or(mut self, may: impl IntoIterator<Item = Fault>) -> Self {
        self.may.extend(may);
        self
    }

    /// Whether everything was found, and nothing that was not touched.
    pub(super) fn is_named_by(&self, found: &[Fault]) -> bool {
        self.must.iter().all(|fault| found.contains(fault))
            && found
                .iter()
                .all(|fault| self.must.contains(fault) || self.may.contains(fault))
    }
}

/// Any of them.
pub(super) fn any(scene: &Scene, dice: &mut Dice) -> Tamper {
    let kinds: [fn(&Scene, &mut Dice) -> Tamper; 15] = [
        column,
        column,
        row_deleted,
        row_inserted,
        contents_swapped,
        times_swapped,
        rows_of_entries_swapped,
        entries_swapped,
        entry_changed,
        entry_moved_to_the_end,
        entries_deleted,
        tail_cut,
        head_changed,
        chain_and_head_cut,
        old_head,
    ];
    dice.one(&kinds)(scene, dice)
}

/// An id as it can stand anywhere in a statement.
fn id(scene: &Scene, id: Uuid) -> String {
    match scene.backend {
        Backend::Sqlite => raw::id(scene.backend, id),
        Backend::Postgres => format!("{}::uuid", raw::id(scene.backend, id)),
    }
}

fn changed(row: &Row) -> Fault {
    let audit_id = row.id;
    match row.seq {
        0 => Fault::RowForged { audit_id },
        seq => Fault::RowChanged { seq, audit_id },
    }
}

fn entry_fault(seq: i64, audit_id: Uuid) -> Fault {
    Fault::EntryChanged { seq, audit_id }
}

fn unsealed(rows: &[Row]) -> impl Iterator<Item = Fault> {
    rows.iter().map(|row| Fault::RowUnsealed { audit_id: row.id })
}

fn column(scene: &Scene, dice: &mut Dice) -> Tamper {
    let row = *dice.one(&scene.rows);
    let new_id = dice.id();
    let set = match dice.below(11) {
        0 => format!("actor_id = {}", id(scene, dice.id())),
        // Some have none and some have one.
        1 => format!(
            "actor_id = CASE WHEN actor_id IS NULL THEN {} END",
            id(scene, dice.id())
        ),
        2 => "actor_role = CASE actor_role WHEN 'admin' THEN 'student' ELSE 'admin' END".to_owned(),
        3 => "action = action || 's'".to_owned(),
        4 => "resource_type = 'user'".to_owned(),
        5 => format!(
            "resource_id = CASE WHEN resource_id IS NULL THEN {} END",
            id(scene, dice.id())
        ),
        6 => "correlation_id = 'another'".to_owned(),
        7 => "details = replace(details, 'in_progress', 'completed')".to_owned(),
        8 => format!(
            "created_at = created_at {} {}",
            dice.one(&["+", "-"]),
            1 + dice.below(10_000_000)
        ),
        9 if row.has_mac => (*dice.one(&["mac = NULL", "mac = ''", "mac = upper(mac) || ' '"])).to_owned(),
        9 => format!("mac = '{}'", dice.digits()),
        _ => format!("id = {}", id(scene, new_id)),
    };
    let statement = format!("UPDATE audit_log SET {set} WHERE id = {}", id(scene, row.id));
    if !set.starts_with("id = ") {
        return Tamper::new([statement], [changed(&row)]);
    }
    let forged = Fault::RowForged { audit_id: new_id };
    let deleted = (row.seq > 0).then_some(Fault::RowDeleted {
        seq: row.seq,
        audit_id: row.id,
    });
    Tamper::new([statement], deleted.into_iter().chain([forged]))
}

fn row_deleted(scene: &Scene, dice: &mut Dice) -> Tamper {
    let Row {
        id: audit_id, seq, ..
    } = scene.rows[dice.below(scene.sealed)];
    let statement = format!("DELETE FROM audit_log WHERE id = {}", id(scene, audit_id));
    Tamper::new([statement], [Fault::RowDeleted { seq, audit_id }])
}

/// A row like another one, at its time or another, with its proof or one made up or none.
fn row_inserted(scene: &Scene, dice: &mut Dice) -> Tamper {
    let (like, audit_id) = (dice.one(&scene.rows).id, dice.id());
    let made_up = format!("'{}'", dice.digits());
    let mac = *dice.one(&["mac", "NULL", made_up.as_str()]);
    let time = format!("created_at + {}", dice.below(3) * 7_000_000);
    let statement = format!(
        "INSERT INTO audit_log ({LOG}) SELECT {}, actor_id, actor_role, action, resource_type, resource_id,
            correlation_id, details, {time}, {mac} FROM kept_log WHERE id = {}",
        id(scene, audit_id),
        id(scene, like)
    );
    Tamper::new([statement], [Fault::RowForged { audit_id }])
}

/// `columns` of one row into the other and back.
fn swap(scene: &Scene, (first, second): (&Row, &Row), columns: &[&str]) -> Vec<String> {
    let take = |row: &Row, from: &Row| {
        let set = columns.iter().map(|column| {
            format!(
                "{column} = (SELECT {column} FROM kept_log WHERE id = {})",
                id(scene, from.id)
            )
        });
        let set = set.collect::<Vec<_>>().join(", ");
        format!("UPDATE audit_log SET {set} WHERE id = {}", id(scene, row.id))
    };
    vec![take(first, second), take(second, first)]
}

fn contents_swapped(scene: &Scene, dice: &mut Dice) -> Tamper {
    let (first, second) = dice.two(scene.rows.len());
    let (first, second) = (&scene.rows[first], &scene.rows[second]);
    let columns: Vec<&str> = LOG.split(", ").skip(1).collect();
    let columns = if dice.below(2) == 0 {
        &columns[..]
    } else {
        &columns[..columns.len() - 1]
    };
    Tamper::new(
        swap(scene, (first, second), columns),
        [changed(first), changed(second)],
    )
}

fn times_swapped(scene: &Scene, dice: &mut Dice) -> Tamper {
    let (first, second) = dice.two(scene.rows.len());
    let (first, second) = (&scene.rows[first], &scene.rows[second]);
    Tamper::new(
        swap(scene, (first, second), &["created_at"]),
        [changed(first), changed(second)],
    )
}

/// Two entries name each other's rows.
fn rows_of_entries_swapped(scene: &Scene, dice: &mut Dice) -> Tamper {
    let (first, second) = dice.two(scene.sealed);
    let (first, second) = (scene.rows[first], scene.rows[second]);
    let name = |seq: i64, audit_id: Uuid| {
        format!(
            "UPDATE audit_chain SET audit_id = {} WHERE seq = {seq}",
            id(scene, audit_id)
        )
    };
    let statements = [
        name(first.seq, dice.id()),
        name(second.seq, first.id),
        name(first.seq, second.id),
    ];
    Tamper::new(
        statements,
        [
            entry_fault(first.seq, second.id),
            entry_fault(second.seq, first.id),
        ],
    )
}

/// Two entries change places.
fn entries_swapped(scene: &Scene, dice: &mut Dice) -> Tamper {
    let (first, second) = dice.two(scene.sealed);
    let (first, second) = (scene.rows[first], scene.rows[second]);
    let number = |from: i64, to: i64| format!("UPDATE audit_chain SET seq = {to} WHERE seq = {from}");
    let statements = [
        number(first.seq, 9_999),
        number(second.seq, first.seq),
        number(9_999, second.seq),
    ];
    Tamper::new(
        statements,
        [
            entry_fault(first.seq, second.id),
            entry_fault(second.seq, first.id),
        ],
    )
}

fn entry_changed(scene: &Scene, dice: &mut Dice) -> Tamper {
    let (row, other) = dice.two(scene.sealed);
    let (row, other) = (scene.rows[row], scene.rows[other]);
    let digits = dice.digits();
    let set = match dice.below(5) {
        0 => format!("link = '{digits}'"),
        1 => format!("link = (SELECT link FROM kept_chain WHERE seq = {})", other.seq),
        2 => format!("mac = '{digits}'"),
        3 => format!(
            "link = (SELECT link FROM kept_chain WHERE seq = {0}), mac = (SELECT mac FROM kept_chain WHERE seq = {0})",
            other.seq
        ),
        _ if row.has_mac => format!("row_mac = '{digits}'"),
        _ => (*dice.one(&["row_mac = NULL", "row_mac = ''"])).to_owned(),
    };
    let statement = format!("UPDATE audit_chain SET {set} WHERE seq = {}", row.seq);
    Tamper::new([statement], [entry_fault(row.seq, row.id)])
}

fn entry_moved_to_the_end(scene: &Scene, dice: &mut Dice) -> Tamper {
    let last = scene.rows[scene.sealed - 1].seq;
    let row = scene.rows[dice.below(scene.sealed - 1)];
    let to = last + 1 + i64::from(dice.below(2) == 1);
    let statement = format!("UPDATE audit_chain SET seq = {to} WHERE seq = {}", row.seq);
    let gone = |first, last| Fault::EntriesDeleted { first, last };
    let gap = (to > last + 1).then(|| gone(last + 1, last + 1));
    let behind = Fault::BehindHead {
        first: last + 1,
        last: to,
    };
    let faults = [gone(row.seq, row.seq), entry_fault(to, row.id), behind];
    Tamper::new([statement], faults.into_iter().chain(gap))
}

/// Entries from the middle, with or without their rows.
fn entries_deleted(scene: &Scene, dice: &mut Dice) -> Tamper {
    let first = dice.below(scene.sealed - 1);
    let count = 1 + dice.below((scene.sealed - 1 - first).min(5));
    let rows = &scene.rows[first..first + count];
    let (first, last) = (rows[0].seq, rows[count - 1].seq);
    let (statements, left) = without(scene, rows, dice);
    Tamper::new(statements, [Fault::EntriesDeleted { first, last }]).or(left)
}

/// The last entries, with or without their rows.
fn tail_cut(scene: &Scene, dice: &mut Dice) -> Tamper {
    let longest = *dice.one(&[5, 10, scene.sealed]);
    let count = 1 + dice.below(longest);
    let rows = &scene.rows[scene.sealed - count..scene.sealed];
    let (first, last) = (rows[0].seq, rows[count - 1].seq);
    let (statements, left) = without(scene, rows, dice);
    Tamper::new(statements, [Fault::TailCut { first, last }]).or(left)
}

/// Statements that delete the entries of these rows, and the faults that rows which are left may show: one from before the
/// key has no proof but its entry.
fn without(scene: &Scene, rows: &[Row], dice: &mut Dice) -> (Vec<String>, Vec<Fault>) {
    let (first, last) = (rows[0].seq, rows[rows.len() - 1].seq);
    let entries = format!("DELETE FROM audit_chain WHERE seq BETWEEN {first} AND {last}");
    if dice.below(2) == 0 {
        let forged = rows.iter().map(|row| Fault::RowForged { audit_id: row.id });
        let unproved = forged
            .zip(rows)
            .filter(|(_, row)| !row.has_mac)
            .map(|(fault, _)| fault);
        return (vec![entries], unproved.chain(unsealed(rows)).collect());
    }
    let ids: Vec<String> = rows.iter().map(|row| id(scene, row.id)).collect();
    let log = format!("DELETE FROM audit_log WHERE id IN ({})", ids.join(", "));
    (vec![entries, log], Vec::new())
}

fn head_changed(_: &Scene, dice: &mut Dice) -> Tamper {
    let digits = dice.digits();
    let set = match dice.below(5) {
        0 => format!("link = '{digits}'"),
        1 => format!("mac = '{digits}'"),
        other => {
            let column = ["began_at", "sealed_through", "sealed_at"][other - 2];
            format!("{column} = {column} - {}", 1 + dice.below(1_000))
        }
    };
    Tamper::new([format!("UPDATE audit_head SET {set}")], [Fault::HeadChanged])
}

/// The end of the chain with a head that is made to fit, or all of it with its head, as if nothing had ever been sealed.
fn chain_and_head_cut(scene: &Scene, dice: &mut Dice) -> Tamper {
    let cut = dice.below(scene.sealed);
    let (head, fault) = if dice.below(2) == 0 {
        ("DELETE FROM audit_head".to_owned(), Fault::HeadMissing)
    } else {
        let end =
            format!("seq = {cut}, link = coalesce((SELECT link FROM kept_chain WHERE seq = {cut}), '')");
        (format!("UPDATE audit_head SET {end}"), Fault::HeadChanged)
    };
    let entries = format!("DELETE FROM audit_chain WHERE seq > {cut}");
    let orphans = scene.rows[cut..].iter().filter(|row| !row.has_mac);
    let forged = orphans.map(|row| Fault::RowForged { audit_id: row.id });
    Tamper::new([head, entries], [fault]).or(forged)
}

/// The head of the first seal, which was once a good one.
fn old_head(scene: &Scene, dice: &mut Dice) -> Tamper {
    let statements = [
        "DELETE FROM audit_head",
        "INSERT INTO audit_head SELECT * FROM old_head",
    ]
    .map(str::to_owned);
    let first = scene.rows[scene.first_seal].seq;
    let last = scene.rows[scene.sealed - 1].seq;
    let behind = Fault::BehindHead { first, last };
    if dice.below(2) == 0 {
        return Tamper::new(statements, [behind]);
    }
    // With a piece of the chain that came after it.
    let cut = format!("DELETE FROM audit_chain WHERE seq = {first}");
    let gone = Fault::EntriesDeleted { first, last: first };
    Tamper::new(statements.into_iter().chain([cut]), [behind, gone]).or(unsealed(&scene.rows))
}
