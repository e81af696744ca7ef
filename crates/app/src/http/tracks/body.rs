//! Shapes of tracks.

use domain::authoring::{Skill, Track, TrackView};
use domain::identity::Principal;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::extract::one_line;
use crate::http::settings::{MixBody, SettingsBody};

/// A role with the assessment that is drawn from its bank.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct TrackBody {
    /// Stays with the track for ever; also its `assessment_definition_id`.
    role_id: Uuid,
    /// Names it in paths.
    slug: String,
    /// What people read.
    title: String,
    /// For candidates.
    description: String,
    /// What the role needs.
    skills: Vec<SkillBody>,
    /// Whole time of an attempt; none means only inactivity ends it.
    time_limit_minutes: Option<u32>,
    /// How many questions of each group an attempt draws; none means all there are.
    mix: Option<MixBody>,
    /// How many questions the bank has.
    questions: u32,
    /// Whether it can be taken: its bank has a question.
    published: bool,
    /// How it is taken and scored; for admins and advisors.
    #[serde(skip_serializing_if = "Option::is_none")]
    settings: Option<SettingsBody>,
}

/// A skill the role needs.
#[derive(Clone, Debug, Deserialize, Serialize, Validate, ToSchema)]
pub(crate) struct SkillBody {
    /// Names it in questions.
    #[garde(length(max = 60), custom(one_line))]
    #[schema(example = "http-apis", max_length = 60)]
    skill: String,
    /// What people read.
    #[garde(length(chars, max = 200), custom(one_line))]
    #[schema(example = "HTTP APIs", max_length = 200)]
    name: String,
    /// The percentage of marks the role asks for on questions of this skill.
    #[garde(skip)]
    #[schema(minimum = 0, maximum = 100, example = 70.0)]
    target_level: f64,
}

impl TrackBody {
    /// As this person may read it: how an assessment is set up, with its access code, is for staff.
    pub(crate) fn for_reader(view: &TrackView, reader: Principal) -> Self {
        let staff = reader.staff().is_ok();
        let body = Self::for_staff(&view.track, view.questions);
        Self {
            settings: body.settings.filter(|_| staff),
            ..body
        }
    }

    /// With everything.
    pub(crate) fn for_staff(track: &Track, questions: u32) -> Self {
        let definition = &track.definition;
        Self {
            role_id: definition.id.0,
            slug: track.slug.clone(),
            title: definition.title.clone(),
            description: track.description.clone(),
            skills: track.skills.iter().cloned().map(SkillBody::from).collect(),
            time_limit_minutes: definition.settings.time_limit_minutes,
            mix: definition.settings.mix.map(MixBody::from),
            questions,
            published: definition.published_version_id.is_some(),
            settings: Some(SettingsBody::from(&definition.settings)),
        }
    }
}

impl From<Skill> for SkillBody {
    fn from(skill: Skill) -> Self {
        Self {
            skill: skill.skill,
            name: skill.name,
            target_level: skill.target_level,
        }
    }
}

impl From<SkillBody> for Skill {
    fn from(body: SkillBody) -> Self {
        Self {
            skill: body.skill,
            name: body.name,
            target_level: body.target_level,
        }
    }
}
