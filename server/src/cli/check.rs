//! `yitong config check`: the settings as they would be used, and whether they can be. Makes and changes nothing.

use super::Where;
use std::net::TcpListener;
use std::path::Path;
use std::process::ExitCode;
use yitong::plumbing::config::{Config, SETTINGS};
use yitong::plumbing::db::{Place, check_pages};
use yitong::plumbing::machine;
use yitong::plumbing::seal::Seal;

pub fn run(place: &Where) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let settled = place.settle()?;
    for (setting, from) in SETTINGS.iter().zip(&settled.from) {
        println!("{:<28} {:<28} {from}", setting.key, (setting.show)(&settled.config));
    }
    println!();
    let config = &settled.config;
    let found = [folder(&config.data), folder(&config.backup.folder), key(config), database(config), port(config)];
    for one in &found {
        match one {
            Ok((zh, en)) => println!("✓ {zh}\n  {en}"),
            Err((zh, en)) => println!("✗ {zh}\n  {en}"),
        }
    }
    Ok(if found.iter().all(Result::is_ok) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

type Words = (String, String);

/// The nearest folder that is there must take new files.
fn folder(path: &Path) -> Result<Words, Words> {
    let there = path.ancestors().find(|folder| folder.is_dir()).unwrap_or(Path::new("."));
    let shown = path.display();
    let probe = there.join(format!(".yitong-check-{}", std::process::id()));
    let tried = std::fs::write(&probe, b"").and_then(|()| std::fs::remove_file(&probe));
    match tried {
        Ok(()) => Ok((format!("文件夹 {shown} 可写。"), format!("The folder {shown} can be written."))),
        Err(why) => Err((
            format!("文件夹 {shown} 不可写（{why}）：请更改权限或路径。"),
            format!("The folder {shown} can't be written ({why}): change its owner, or the path."),
        )),
    }
}

fn key(config: &Config) -> Result<Words, Words> {
    let shown = config.key_file.display();
    if !config.key_file.exists() {
        let there = matches!(&config.database, Place::File(path) if path.exists());
        if there {
            return Err((
                format!("数据库存在而密钥文件 {shown} 不在：请先取回密钥，不要用新密钥启动。"),
                format!(
                    "There is a database and no key file {shown}: bring the key back, do not start with a new one."
                ),
            ));
        }
        return Ok((
            format!("密钥文件 {shown} 将在首次启动时生成。"),
            format!("The key file {shown} is made at the first start."),
        ));
    }
    if let Err(why) = Seal::from_existing_file(&config.key_file) {
        return Err((format!("密钥文件不可用：{why}"), format!("The key file can't be used: {why}")));
    }
    match machine::readable_by_others(&config.key_file) {
        Ok(None) => {
            Ok((format!("密钥文件 {shown} 可用，且只有所有者可读。"), format!("The key file {shown} is good.")))
        }
        Ok(Some(mode)) => Err((
            format!("密钥文件 {shown} 其他用户可读（{mode:o}）：执行 chmod 600 {shown}"),
            format!("Others may read the key file {shown} ({mode:o}): chmod 600 {shown}"),
        )),
        Err(why) => Err((format!("密钥文件 {shown}：{why}"), format!("The key file {shown}: {why}"))),
    }
}

fn database(config: &Config) -> Result<Words, Words> {
    let Place::File(path) = &config.database else {
        // Only the server itself speaks to it; a wrong password shows at the start, in words.
        return Ok((
            "使用 PostgreSQL；连接在启动时检查。".into(),
            "PostgreSQL is used; the connection is tried at the start.".into(),
        ));
    };
    let shown = path.display();
    if !path.exists() {
        return Ok((
            format!("数据库 {shown} 将在首次启动时建立。"),
            format!("The database {shown} is made at the first start."),
        ));
    }
    match check_pages(path) {
        Ok(()) => Ok((format!("数据库 {shown} 完好可读。"), format!("The database {shown} can be read and is sound."))),
        Err(why) => Err((format!("数据库 {shown}：{why}"), format!("The database {shown}: {why}"))),
    }
}

fn port(config: &Config) -> Result<Words, Words> {
    let listen = config.listen;
    match TcpListener::bind(listen) {
        Ok(_) => Ok((format!("{listen} 可以监听。"), format!("{listen} is free."))),
        Err(why) => Err((
            format!("{listen} 不能监听（{why}）：另一个程序或已启动的服务器在使用，或换一个端口。"),
            format!("{listen} can't be listened on ({why}): stop what uses it, or choose another port."),
        )),
    }
}
