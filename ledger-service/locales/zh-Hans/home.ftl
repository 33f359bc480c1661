# The start page
home-title = 志愿者的积分
home-lead = 做志愿服务，存下服务时长和积分。积分可以在驿站兑换物品和服务。
home-points-button = 看我的积分
home-points-note = 用积分卡号和密码登录。
home-verify-button = 验证回执
home-verify-note = 看一张回执是不是真的，谁都可以查，不用登录。
home-help = 不会用手机？带上积分卡，到任何一个驿站，工作人员帮您查。
staff-link = 工作人员：导入数据
api-link = 程序接口说明
