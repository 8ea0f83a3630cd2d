//! The files in which people keep the settings of connections under a name, `pg_service.conf`, as
//! PostgreSQL's own clients read them. Pure.

/// A setting, and the line that it stands in.
pub(super) type Setting = (usize, String, String);

/// The settings of the service of this name, in their order; `None` if the file does not have it.
pub(super) fn find(text: &str, name: &str) -> Result<Option<Vec<Setting>>, String> {
    let mut found: Option<Vec<Setting>> = None;
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(section) = line.strip_prefix('[') {
            if found.is_some() {
                break;
            }
            found =
                section.strip_suffix(']').filter(|section| *section == name).map(|_| Vec::new());
            continue;
        }
        let Some(settings) = &mut found else { continue };
        let wrong = |why: &str| Err(format!("line {number} {why}"));
        if line.starts_with("ldap://") {
            return wrong("asks an LDAP server, which is not supported");
        }
        let Some((parameter, value)) = line.split_once('=') else { return wrong("has no `=`") };
        let parameter = parameter.trim_end();
        if matches!(parameter, "service" | "servicefile") {
            return wrong("refers to another service, which is not supported");
        }
        settings.push((number, parameter.to_owned(), value.trim_start().to_owned()));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# ours\nport=1\n\n[shop]\n host = db.example \nport=6\n#no=1\npassword=a=b\n\
                        [shop]\nport=7\n[bad]\nhost\n[dir]\nldap://h/o=x\n[far]\nservice=shop\n[none]";

    fn shown(name: &str) -> String {
        match find(FILE, name) {
            Ok(None) => "not there".to_owned(),
            Ok(Some(settings)) => settings
                .iter()
                .map(|(line, parameter, value)| format!("{line}:{parameter}={value}"))
                .collect::<Vec<_>>()
                .join(" "),
            Err(why) => why,
        }
    }

    #[test]
    fn the_first_section_of_the_name_counts() {
        assert_eq!(shown("shop"), "5:host=db.example 6:port=6 8:password=a=b");
        assert_eq!(shown("none"), "");
        assert_eq!(shown("sho"), "not there");
        assert_eq!(shown("shop2"), "not there");
        assert_eq!(shown("bad"), "line 12 has no `=`");
        assert_eq!(shown("dir"), "line 14 asks an LDAP server, which is not supported");
        assert_eq!(shown("far"), "line 16 refers to another service, which is not supported");
    }
}
