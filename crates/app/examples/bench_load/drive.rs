//! All users' timers in one heap: open loop, whatever the answers. A user is a few hundred bytes; only while a request of
//! theirs is under way is there a task.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::rc::Rc;

use tokio::sync::mpsc;
use tokio::task::spawn_local;
use tokio::time::{Instant, sleep_until};

use crate::user::{Scene, Step, User};

/// Lets all act until the end of the load, and those who wait for a result until they have it; gives them back. Runs within a
/// `LocalSet`.
pub(crate) async fn drive(scene: &Rc<Scene>, users: Vec<User>) -> Vec<User> {
    let end = scene.measured.1;
    let (sender, mut back) = mpsc::unbounded_channel::<(usize, Box<User>)>();
    let mut timers = BinaryHeap::with_capacity(users.len());
    let mut users: Vec<Option<Box<User>>> = users.into_iter().map(|user| Some(Box::new(user))).collect();
    for (number, user) in users.iter().enumerate() {
        timers.extend(user.as_ref().map(|user| Reverse((user.due, number))));
    }
    let mut acting = 0_usize;
    loop {
        let next = timers.peek().map(|Reverse((due, _))| *due);
        tokio::select! {
            biased;
            Some((number, user)) = back.recv() => {
                acting -= 1;
                if goes_on(&user, end) {
                    timers.push(Reverse((user.due, number)));
                }
                users[number] = Some(user);
            }
            () = sleep_until(next.unwrap_or(end)), if next.is_some() => {
                acting += wake(scene, &mut timers, &mut users, &sender);
            }
            else => break,
        }
        if acting == 0 && timers.is_empty() {
            break;
        }
    }
    users.into_iter().flatten().map(|user| *user).collect()
}

/// Whoever waits for a result is let go on; nobody else begins anything after the end.
fn goes_on(user: &User, end: Instant) -> bool {
    user.due < end || matches!(user.step, Step::Waiting { .. })
}

/// Begins everything that is due; gives how much.
fn wake(
    scene: &Rc<Scene>,
    timers: &mut BinaryHeap<Reverse<(Instant, usize)>>,
    users: &mut [Option<Box<User>>],
    back: &mpsc::UnboundedSender<(usize, Box<User>)>,
) -> usize {
    let now = Instant::now();
    let mut begun = 0;
    while let Some(Reverse((due, number))) = timers.peek().copied() {
        if due > now {
            break;
        }
        timers.pop();
        let Some(mut user) = users[number].take() else {
            continue;
        };
        begun += 1;
        let (scene, back) = (Rc::clone(scene), back.clone());
        spawn_local(async move {
            user.act(&scene).await;
            // The receiver lives until everybody is back.
            let _ = back.send((number, user));
        });
    }
    begun
}
